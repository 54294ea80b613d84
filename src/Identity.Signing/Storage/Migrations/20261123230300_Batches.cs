using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Identity.Signing.Storage.Migrations
{
    /// <inheritdoc />
    public partial class Batches : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "BatchId",
                table: "Requests",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "BatchPosition",
                table: "Requests",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<long>(
                name: "HeldUntil",
                table: "Approvals",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "Evidence",
                columns: table => new
                {
                    ApprovalId = table.Column<string>(nullable: false),
                    Evidence = table.Column<string>(nullable: false),
                    StoredAt = table.Column<long>(nullable: false),
                    ProviderKeys = table.Column<string>(nullable: true),
                    Certificates = table.Column<string>(nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Evidence", x => x.ApprovalId);
                });

            migrationBuilder.CreateIndex(
                name: "IX_Requests_BatchId_BatchPosition",
                table: "Requests",
                columns: new[] { "BatchId", "BatchPosition" });

            // Both before the table is made anew: what was taken and has no end is over.
            migrationBuilder.Sql("UPDATE \"Approvals\" SET \"HeldUntil\" = \"TakenAt\" WHERE \"TakenAt\" IS NOT NULL;");
            migrationBuilder.Sql("INSERT INTO \"Evidence\" (\"ApprovalId\", \"Evidence\", \"StoredAt\") SELECT \"ApprovalId\", \"Evidence\", \"StoredAt\" FROM \"Approvals\";");

            migrationBuilder.DropPrimaryKey(
                name: "PK_Approvals",
                table: "Approvals");

            migrationBuilder.DropColumn(
                name: "Evidence",
                table: "Approvals");

            migrationBuilder.AddPrimaryKey(
                name: "PK_Approvals",
                table: "Approvals",
                columns: new[] { "ApprovalId", "RequestId" });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "Evidence");

            migrationBuilder.DropIndex(
                name: "IX_Requests_BatchId_BatchPosition",
                table: "Requests");

            migrationBuilder.DropPrimaryKey(
                name: "PK_Approvals",
                table: "Approvals");

            migrationBuilder.DropColumn(
                name: "BatchId",
                table: "Requests");

            migrationBuilder.DropColumn(
                name: "BatchPosition",
                table: "Requests");

            migrationBuilder.DropColumn(
                name: "HeldUntil",
                table: "Approvals");

            migrationBuilder.AddColumn<string>(
                name: "Evidence",
                table: "Approvals",
                nullable: false,
                defaultValue: "");

            migrationBuilder.AddPrimaryKey(
                name: "PK_Approvals",
                table: "Approvals",
                column: "ApprovalId");
        }
    }
}
