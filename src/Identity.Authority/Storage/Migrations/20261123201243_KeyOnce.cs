using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Identity.Authority.Storage.Migrations
{
    /// <inheritdoc />
    public partial class KeyOnce : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "KeyHash",
                table: "Certificates",
                nullable: true);

            migrationBuilder.CreateIndex(
                name: "IX_Certificates_KeyHash",
                table: "Certificates",
                column: "KeyHash",
                unique: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "IX_Certificates_KeyHash",
                table: "Certificates");

            migrationBuilder.DropColumn(
                name: "KeyHash",
                table: "Certificates");
        }
    }
}
