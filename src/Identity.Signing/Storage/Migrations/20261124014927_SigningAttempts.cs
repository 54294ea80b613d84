using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Identity.Signing.Storage.Migrations
{
    /// <inheritdoc />
    public partial class SigningAttempts : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "SignedAttempt",
                table: "Requests",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "AskedAt",
                table: "Places",
                nullable: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "SignedAttempt",
                table: "Requests");

            migrationBuilder.DropColumn(
                name: "AskedAt",
                table: "Places");
        }
    }
}
